extension StopWords {
  /// Words by which papers speak about themselves (propose, method, results): they name no topic, so labels leave them
  /// out. A list of our own.
  static let scholarlyWords = words(
    """
    ability ablation ablations able abstract academic accordingly account achieve achieved achieves achieving
    acknowledge across actual actually address addressed addresses addressing adopt adopted advance advanced
    advances advantage advantages aim aimed aims allow allowed allowing allows almost already among analyse analysed
    analyses analysing analysis analyze analyzed analyzes analyzing applicable application applications applied
    applies apply applying approach approaches appropriate approximately art article articles arxiv ask asked asks
    aspect aspects assess assessed assessing assume assumed assumes assuming assumption assumptions attempt attempts
    author authors available avoid based baseline baselines basic basis begin begins benefit benefits best better
    big billion billions bring brings broad broadly build building builds built called capability capable careful
    carefully carried case cases certain challenge challenges challenging change changes choice choices choose
    chosen claim claims clear clearly closely code codes collect collected com combine combined combines combining
    come comes common commonly comparable compare compared compares comparing comparison comparisons competitive
    complete completely comprehensive compute computed conclude conclusion conclusions conduct conducted confirm
    consider considerable considerably considered considers consist consistent consistently consists contrast
    contribute contribution contributions conventional corresponding cost costs create created creates crucial
    current currently dataset datasets deal define defined defines definition demonstrate demonstrated demonstrates
    demonstrating depend depends derive derived derives describe described describes describing design designed
    despite detail detailed details determine develop developed developing development develops did didn difference
    differences different difficult difficulty direct directly discover discuss discussed discusses discussion does
    doesn doi doing don dozen earlier easily easy effect effective effectively effectiveness effects efficacy
    efficiency efficient efficiently effort eg eliminate emerge empirical empirically employ employed employing
    enable enabled enables enabling end enhance enhanced enhances enhancing ensure ensures entire entirely
    especially essential establish established et etc evaluate evaluated evaluates evaluating evaluation evaluations
    every evidence examine examined examines example examples exceed exceeds excellent existing expect expected
    experiment experimental experimentally experiments explain explained explains explore explored explores
    exploring extend extended extends extensive extensively extent fact far fast faster figure final finally finding
    findings finds focus focused focuses following follows form former formulate formulated framework frameworks
    fully fundamental furthermore future gain gains gap gaps general generally github give given gives giving goal
    goals good great greater greatly ground growing half handle hard hardly help helps high higher highest highlight
    highlights highly hold holds however html http https hundreds idea ideas identified identifies identify
    identifying ie illustrate illustrated impact implement implementation implemented implications importance
    important importantly impressive improve improved improvement improvements improves improving include included
    includes including increase increased increases increasing increasingly indeed indicate indicates individual
    insight insights inspire inspired instance instances instead intended interesting introduce introduced
    introduces introducing introduction intuition intuitive investigate investigated investigates investigation
    involve involves io isn issue issues join joint jointly keeps key kind kinds know known lack large larger
    largest later lead leading leads leave leaves led let lets level levels leverage leverages leveraging like
    likely limit limitation limitations limited limits line lines literature little longer look looks low lower
    lowest main mainly maintain maintaining maintains major make makes making manner match matches matter matters
    mean means measure measured measures mechanism mechanisms merely method methodology methods metric metrics
    million millions model models modern moreover motivate motivated multiple namely naturally near nearly necessary
    need needed needs new newly non notable notably note novel novelty number numbers numerous observation
    observations observe observed obtain obtained obtains offer offers often old opposite org original outperform
    outperformed outperforming outperforms overall overcome overview page paper papers particular particularly pdf
    people perform performance performances performed performing performs perspective pipeline place plain play
    plays point points poor popular possible possibly potential potentially power powerful practical practice pre
    preliminary present presented presents prevent previous previously principle problem problems procedure
    procedures produce produced produces project promising proof properties property propose proposed proposes
    proposing prove proved proves provide provided provides providing public publicly published purpose quality
    quantitative quickly quite raise range rapid rapidly reach reached reaches real really reason reasonable reasons
    recent recently reduce reduced reduces reducing reduction refer regarding related relative relatively release
    released relevant reliable reliably relies rely remain remaining remains remarkable report reported reports
    repository represent represents require required requirement requirements requires requiring research
    researchers respect respectively result resulting results reveal revealed reveals review reviewed rich right
    role room rough roughly run running runs satisfy say says scenario scenarios scope second section seen serve
    serves set sets setting settings setup share shared shortcoming shortcomings show showed showing shown shows
    significance significant significantly similar similarly simple simpler simply simultaneously single situation
    size small smaller solution solutions solve solved solves solving source sources specific specifically stage
    stages standard start state states step steps strategies strategy strength strong stronger strongly studied
    studies study studying subsequent substantial substantially success successful successfully suffer suffers
    sufficient suggest suggested suggests suitable summarize summary superior superiority support supported supports
    survey surveys systematic systematically systems tackle tackling taken takes taking task tasks technique
    techniques ten tend term terms test tested testing tests thing things think thousand thousands today tool tools
    total traditional train trained turn turns twice type types typical typically understand understanding
    understood unified unique unlike url usage use used useful user uses using usual usually utilize utilized
    utilizes utilizing valid validate validated validation value values variant variants variety various vary
    verified verify version versions want way ways website whilst wide widely wish within without work works worse
    www yield yielded yielding yields
    """)
}
