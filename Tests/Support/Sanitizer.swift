import Glibc
import Testing

/// Whether the programs under test were built with a sanitizer, as `Tests/Sanitizers/run` says.
public enum Sanitizer {
  public static let isOn = getenv("QUIRE_SANITIZER") != nil
}

extension Trait where Self == ConditionTrait {
  /// A sanitizer's shadow and reports need more memory and larger files than the test allows its programs.
  public static var withoutSanitizer: Self {
    .disabled(if: Sanitizer.isOn, "limits the memory or the files of a program, which a sanitizer cannot bear")
  }
}
