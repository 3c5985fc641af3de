/// Told on the caller's thread how far a computation is: steps done, steps at the most, and what they are.
public typealias Progress = (_ done: Int, _ total: Int, _ message: String) -> Void
