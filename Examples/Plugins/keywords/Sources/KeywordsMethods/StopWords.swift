/// English words that carry no subject: articles, pronouns, prepositions, conjunctions, auxiliaries, and what papers say
/// of themselves.
let stopWords: Set<String> = Set(
  """
  a an the this that these those such same other another each every either neither both all any some no none few
  several many much more most less least own
  i we you he she it they me us him her them my our your his its their mine ours yours who whom whose which what
  myself ourselves itself themselves
  of in on at by for with from to into onto over under between among through during before after above below up down
  out off about against within without across along around behind beside besides beyond despite except inside near
  outside per since than till toward towards until upon via versus
  and or but nor so yet if then else because as while whereas although though unless whether once when where why how
  am is are was were be been being do does did doing done have has had having can could may might must shall should
  will would cannot
  not only also too very just still even ever never always often sometimes again here there now already almost quite
  rather however therefore thus hence moreover furthermore further instead otherwise indeed
  show shows shown use uses used using given give gives considered propose proposes proposed present presents
  presented paper papers work study
  """.split(whereSeparator: \.isWhitespace).map(String.init))
