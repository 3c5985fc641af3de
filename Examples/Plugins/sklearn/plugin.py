"""Any classifier of scikit-learn as a probe, reported as Quire reports its own: intervals, baselines, warnings."""

from __future__ import annotations

import difflib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, Optional, Tuple

from quire.plugin import (
    AnyNumber,
    Artifact,
    Context,
    DataError,
    Estimate,
    Field,
    Labels,
    Matrix,
    ParameterError,
    Plugin,
    RowNumbers,
    Share,
    Split,
)

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

plugin = Plugin("sklearn", "0.1.0", "Classifiers of scikit-learn as probes", memory_mib=8192)

_FEWEST_ROWS = 5


@dataclass
class Scores:
    accuracy: Share
    balanced_accuracy: Annotated[Share, Field("The mean recall of the classes.")]
    n: Annotated[int, "Scored rows."]
    log_loss: Annotated[
        Optional[AnyNumber],
        Field("The mean of −ln p of the true class; absent for classifiers without probabilities.", unit="nats"),
    ] = None


@dataclass
class Probe:
    accuracy: Annotated[Estimate, "On the test rows; on the train rows when heldOut is false."]
    majority: Annotated[Share, "Accuracy on the same rows of the class that is commonest in train."]
    shuffled: Annotated[Share, "Expected accuracy when the labels of the same rows are permuted."]
    held_out: Annotated[bool, "Whether the scored rows took no part in the fit."]
    n: Annotated[int, "Fitted rows."]
    d: Annotated[int, "Columns."]
    classes: List[str]
    test: Annotated[Scores, "On the test rows; on the train rows when heldOut is false."]
    train_scores: Scores
    confusion: Annotated[List[List[int]], "For each true class, how many scored rows were given each class."]
    predictions: Annotated[Artifact, "Labels: the class that each scored row was given, in the order of the rows."]
    converged: bool
    classifier: Annotated[str, "As it was made, with all that is not a default."]
    library: Annotated[str, "Name and version of the library that fitted it."]


_EXAMPLE = {
    "features": [[0, 1], [1, 0], [1, 2], [2, 1], [3, 5], [4, 4], [5, 3], [5, 6], [2, 2], [4, 5]],
    "labels": ["low", "low", "low", "low", "high", "high", "high", "high", "low", "high"],
    "train": [0, 1, 2, 3, 4, 5, 6, 7],
    "test": [8, 9],
}


@plugin.method(
    "sklearn.probe",
    title="Probe with scikit-learn",
    determinism={"class": "tolerance", "rtol": 1e-6, "atol": 1e-9},
    primary="predictions",
    uses_seed=True,
    references=[
        {
            "type": "article-journal",
            "title": "Scikit-learn: machine learning in Python",
            "author": [{"family": "Pedregosa", "given": "Fabian"}],
            "issued": {"date-parts": [[2011]]},
            "container-title": "Journal of Machine Learning Research",
            "volume": "12",
            "page": "2825-2830",
            "URL": "https://jmlr.org/papers/v12/pedregosa11a.html",
        }
    ],
    examples=[
        {"params": {**_EXAMPLE, "classifier": "KNeighborsClassifier", "settings": {"n_neighbors": 3}}},
        {"params": {**_EXAMPLE, "classifier": "RandomForestClassifier", "settings": {"n_estimators": 20}}},
    ],
    errors=["params.value", "file.format", "math.shape", "math.nonFinite", "math.tooFewSamples", "math.degenerate"],
)
def probe(
    context: Context,
    features: Annotated[Matrix, "n rows by d columns."],
    labels: Annotated[Labels, "A class for each row of the features; rows without a class take no part."],
    train: Annotated[Optional[RowNumbers], "The rows to fit; all of them when there is no split either."] = None,
    test: Annotated[Optional[RowNumbers], "The rows to score, none of them in train."] = None,
    split: Annotated[Optional[Split], "The split of data.split, in place of train and test."] = None,
    classifier: Annotated[
        str, Field("The name of a class of scikit-learn.", max_length=100)
    ] = "RandomForestClassifier",
    settings: Annotated[
        Optional[Dict[str, Any]], Field("Arguments of the classifier.", examples=[{"n_estimators": 200}])
    ] = None,
    standardize: Annotated[
        bool, "Takes the train mean off each column and divides by the train deviation (1/n)."
    ] = True,
) -> Probe:
    """Fits any classifier of scikit-learn to features and labels and scores it on rows that it has not seen.

    For the question whether a concept is readable by something that is not linear: trees, neighbours, kernels. What
    such a classifier reads, the model that the features come from need not use; and one that can memorise its train
    rows (`trainScores`) says nothing by that. Put the accuracy beside `majority`, `shuffled` and a linear probe.

    Interval: Wilson (1927), of this one classifier on new rows. The seed goes to the classifier's `random_state`.
    Fits depend on the version of the library, which the result names; it is not part of the call's identity, so run
    again with `force` after an upgrade.
    """
    rows_of = _rows(features, labels, train, test, split)
    model = _classifier(classifier, dict(settings or {}), context.seed)

    import numpy
    import sklearn

    context.progress(0, 3, "reading")
    x = context.matrix(features, dtype=float)
    y = numpy.array(labels.codes)
    fitted, scored = (numpy.array([row for row in rows if y[row] >= 0], dtype=int) for rows in rows_of)
    held_out = rows_of[0] is not rows_of[1]
    _check(features, labels, x, y, fitted, scored)
    x_fitted, x_scored = x[fitted], x[scored]
    if standardize:
        mean, deviation = x_fitted.mean(axis=0), x_fitted.std(axis=0)
        deviation[deviation == 0] = 1
        x_fitted, x_scored = (x_fitted - mean) / deviation, (x_scored - mean) / deviation

    context.progress(1, 3, f"fitting {classifier}")
    converged = _fit(context, model, x_fitted, y[fitted])
    context.progress(2, 3, "scoring")
    predicted = model.predict(x_scored)
    k = len(labels.classes)
    confusion = numpy.zeros((k, k), dtype=int)
    numpy.add.at(confusion, (y[scored], predicted), 1)
    majority_class = numpy.bincount(y[fitted], minlength=k).argmax()
    shares = confusion / len(scored)
    found = Probe(
        accuracy=Estimate.wilson(int(confusion.trace()), len(scored)),
        majority=float(shares.sum(axis=1)[majority_class]),
        shuffled=float(shares.sum(axis=1) @ shares.sum(axis=0)),
        held_out=held_out,
        n=len(fitted),
        d=x.shape[1],
        classes=labels.classes,
        test=_scores(model, x_scored, y[scored], predicted),
        train_scores=_scores(model, x_fitted, y[fitted], model.predict(x_fitted)),
        confusion=confusion.tolist(),
        predictions=_saved(context, features, labels, scored, predicted),
        converged=converged,
        classifier=" ".join(str(model).split()),
        library=f"scikit-learn {sklearn.__version__}",
    )
    _warn(context, found, confusion)
    _show(context, found)
    context.progress(3, 3, "done")
    return found


def _rows(
    features: Matrix,
    labels: Labels,
    train: Optional[RowNumbers],
    test: Optional[RowNumbers],
    split: Optional[Split],
) -> Tuple[List[int], List[int]]:
    """Fitted and scored rows; the same list twice when none were kept apart."""
    labels.check_rows(features)
    count = len(labels)
    if split is not None:
        if train is not None or test is not None:
            raise ParameterError("/split", "either split, or train and test")
        return split.rows("train", count), split.rows("test", count)
    fitted = train.numbers(count) if train is not None else list(range(count))
    if test is None:
        return fitted, fitted
    scored = test.numbers(count)
    both = set(fitted) & set(scored)
    if both:
        raise ParameterError("/test", f"none of the rows of train, found row {min(both)}", "name the train rows")
    return fitted, scored


def _classifier(name: str, settings: Dict[str, Any], seed: int) -> Any:
    from sklearn.utils import all_estimators

    known = dict(all_estimators(type_filter="classifier"))
    if name not in known:
        near = difflib.get_close_matches(name, known, 3, 0.4) or sorted(known)[:3]
        raise ParameterError("/classifier", f"a classifier of scikit-learn, found '{name}'", f"try {', '.join(near)}")
    try:
        taken = known[name]().get_params()
    except TypeError:
        raise ParameterError("/classifier", f"one that stands alone; {name} is made of others") from None
    for setting in settings:
        if setting not in taken:
            raise ParameterError(f"/settings/{setting}", f"an argument of {name}: {', '.join(sorted(taken))}")
    if "random_state" in taken:
        settings.setdefault("random_state", seed % (1 << 32))
    return known[name](**settings)


def _check(features: Matrix, labels: Labels, x: Array, y: Array, fitted: Array, scored: Array) -> None:
    import numpy

    if len(fitted) < 2 or len(scored) < 1:
        raise DataError("math.tooFewSamples", "/labels", f"{len(fitted)} rows to fit and {len(scored)} to score")
    if len(numpy.unique(y[fitted])) < 2:
        raise DataError("math.degenerate", "/labels", "all rows to fit are of one class")
    unseen = numpy.setdiff1d(y[scored], y[fitted])
    if len(unseen):
        name = labels.classes[int(unseen[0])]
        raise DataError("math.degenerate", "/labels", f"no row to fit is of class '{name}', which scored rows have")
    if not numpy.isfinite(x).all():
        features.check_finite()


def _fit(context: Context, model: Any, x: Array, y: Array) -> bool:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model.fit(x, y)
        except ValueError as error:
            raise ParameterError("/settings", f"settings that the classifier takes: {error}") from None
    found = [one for one in caught if issubclass(one.category, ConvergenceWarning)]
    if found:
        context.warn("not-converged", " ".join(str(found[0].message).split())[:300])
    return not found


def _scores(model: Any, x: Array, y: Array, predicted: Array) -> Scores:
    import numpy

    recalls = [float((predicted[y == code] == code).mean()) for code in numpy.unique(y)]
    found = Scores(float((predicted == y).mean()), float(numpy.mean(recalls)), len(y))
    if hasattr(model, "predict_proba"):
        columns = {code: column for column, code in enumerate(model.classes_)}
        chances = model.predict_proba(x)[numpy.arange(len(y)), [columns[code] for code in y]]
        with numpy.errstate(divide="ignore"):
            found.log_loss = float(-numpy.log(chances).mean())
    return found


def _saved(context: Context, features: Matrix, labels: Labels, scored: Array, predicted: Array) -> Artifact:
    ids = labels.row_ids or features.row_ids
    names = [labels.classes[int(code)] for code in predicted]
    return context.labels(names, "predictions", row_ids=[ids[row] for row in scored] if ids else None)


def _warn(context: Context, found: Probe, confusion: Array) -> None:
    if not found.held_out:
        context.warn("not-held-out", "the train rows themselves were scored: give test rows, or a split")
    counts = confusion.sum(axis=1)
    rare = [f"'{name}' ({count})" for name, count in zip(found.classes, counts) if 0 < count < _FEWEST_ROWS]
    if rare:
        words = f"fewer than {_FEWEST_ROWS} scored rows of {', '.join(rare)}: their recall is not estimable"
        context.warn("small-class", words)
    if found.held_out and found.accuracy.low <= found.majority:
        words = f"not told apart from the majority, {found.majority:.4g}, on {found.accuracy.n} rows"
        context.warn("absence", words)
    if found.held_out and found.train_scores.accuracy - found.accuracy.value > 0.2:
        words = f"{found.train_scores.accuracy:.4g} on its train rows: what it has memorised is no evidence"
        context.warn("memorised", words)


def _show(context: Context, found: Probe) -> None:
    scored = "test rows" if found.held_out else "train rows"
    rows: List[List[Any]] = [
        [scored, found.accuracy.value, f"{found.accuracy.low:.4g}–{found.accuracy.high:.4g}"],
        ["train rows", found.train_scores.accuracy, ""],
        ["majority", found.majority, ""],
        ["shuffled labels", found.shuffled, ""],
    ]
    context.table(f"Accuracy of {found.classifier[:80]}", ["", "accuracy", "95 % interval"], rows)


if __name__ == "__main__":
    plugin.main()
