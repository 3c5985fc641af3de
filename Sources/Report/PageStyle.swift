/// The style sheet of the page: phone to wide screen, light and dark, and paper.
enum PageStyle {
  /// The variables `--quire-…` also set the colours of the pictures.
  static let sheet = """

    :root{color-scheme:light dark;
    --quire-ink:#1b2028;--quire-quiet:#565e6b;--quire-line:#d9dde3;--quire-surface:#ffffff;
    --page:#f5f6f8;--code:#f1f3f6;--link:#0b57a4;--good:#1a6b3a;--note:#7a4d00;--note-back:#fdf3dc;
    --bad:#a8201a;--bad-back:#fdecea}
    @media screen and (prefers-color-scheme:dark){:root{
    --quire-ink:#e7eaee;--quire-quiet:#a4adb9;--quire-line:#363d48;--quire-surface:#16191f;
    --page:#0f1115;--code:#1e232b;--link:#8ab8f5;--good:#7fd09b;--note:#ecc170;--note-back:#2b2413;
    --bad:#ff9d94;--bad-back:#33191a}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
    body{margin:0;padding:1rem;background:var(--page);color:var(--quire-ink);
    font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:break-word}
    body>*{max-width:56rem;margin-inline:auto}
    h1,h2,h3,h4,h5,h6{line-height:1.25;margin:1.6em 0 .5em;text-wrap:balance}
    h1{font-size:1.75rem;margin-top:.4em}h2{font-size:1.4rem}h3{font-size:1.2rem}h4,h5,h6{font-size:1.05rem}
    p,ul,ol,dl,blockquote,pre,figure{margin:0 0 1em}
    a{color:var(--link)}
    :focus-visible{outline:2px solid var(--link);outline-offset:2px}
    code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Noto Sans Mono",monospace;font-size:.9em}
    code{background:var(--code);padding:.1em .3em;border-radius:.25em;overflow-wrap:anywhere}
    pre{background:var(--code);padding:.75rem;border-radius:.4rem;line-height:1.45;tab-size:2}
    pre code{background:none;padding:0;font-size:1em}
    blockquote{border-left:3px solid var(--quire-line);padding-left:1rem;color:var(--quire-quiet)}
    img{max-width:100%;height:auto}
    hr{border:0;border-top:1px solid var(--quire-line);margin:1.5em 0}
    .quiet,figcaption,.reason{color:var(--quire-quiet)}
    .prose{max-width:44rem}
    .prose pre{overflow-x:auto}
    .facts{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;font-size:.9rem;color:var(--quire-quiet)}
    .facts div{display:flex;gap:.4rem;min-width:0}
    .facts dt::after{content:":"}
    .facts dd{margin:0;color:var(--quire-ink);overflow-wrap:anywhere;min-width:0}
    .cell{background:var(--quire-surface);border:1px solid var(--quire-line);border-left:4px solid var(--good);
    border-radius:.5rem;padding:.9rem 1rem .4rem;margin:0 0 1.25rem}
    .cell.stale,.cell.new,.cell.queued,.cell.running,.cell.blocked,.cell.cancelled{border-left-color:var(--note)}
    .cell.failed,.cell.invalid{border-left-color:var(--bad)}
    .cell>header{display:flex;flex-wrap:wrap;align-items:baseline;justify-content:space-between;gap:.25rem 1rem;
    margin-bottom:.6rem}
    .cell>header :is(h2,h3,h4,h5,h6){margin:0;font-size:1.05rem;min-width:0}
    .cell>header code{font-weight:400}
    .run{margin:0;font-size:.9rem;color:var(--quire-quiet);display:flex;flex-wrap:wrap;gap:.2rem .75rem}
    .state{font-weight:600;color:var(--good)}
    :is(.stale,.new,.queued,.running,.blocked,.cancelled)>header .state{color:var(--note)}
    :is(.failed,.invalid)>header .state{color:var(--bad)}
    .old{border:1px dashed var(--note);border-radius:.4rem;padding:.6rem;margin-bottom:1em}
    .old>p{color:var(--note);font-size:.9rem;margin-bottom:.5rem}
    .error{background:var(--bad-back);color:var(--bad);border-radius:.4rem;padding:.6rem .75rem;margin-bottom:1em}
    .error pre{background:none;padding:.3rem 0 0;margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
    .numbers{display:flex;flex-wrap:wrap;gap:.4rem 1.75rem}
    .numbers div{min-width:5rem}
    .numbers dt{font-size:.85rem;color:var(--quire-quiet)}
    .numbers dd{margin:0;font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
    .warnings{list-style:none;padding:.6rem .75rem;background:var(--note-back);border-radius:.4rem}
    .warnings li+li{margin-top:.35rem}
    .warnings .code{color:var(--note);font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em}
    figure{min-width:0}
    figcaption{font-weight:600;margin-bottom:.35rem}
    .picture,.scroll{overflow-x:auto;max-width:100%}
    .picture svg{display:block;max-width:100%;height:auto;margin-inline:auto}
    .picture svg.qc{width:100%;max-width:38rem;min-width:20rem}
    .picture svg.qc-wide{max-width:56rem;min-width:40rem}
    .alternative{margin-top:.4rem}
    details{margin:0 0 .6em}
    summary{cursor:pointer;color:var(--quire-quiet);font-size:.9rem;padding:.2rem 0}
    details>pre,details>.scroll{margin-top:.3rem}
    table{border-collapse:collapse;font-size:.92rem;line-height:1.4}
    .tall{max-height:min(75vh,40rem);overflow:auto;border-bottom:1px solid var(--quire-line)}
    .tall thead th{position:sticky;top:0;background:var(--quire-surface)}
    caption{text-align:left;font-weight:600;padding:0 0 .4rem}
    th,td{text-align:left;vertical-align:top;padding:.35rem .7rem .35rem 0;border-bottom:1px solid var(--quire-line);
    overflow-wrap:normal;max-width:34rem}
    th:last-child,td:last-child{padding-right:0}
    thead th{border-bottom:2px solid var(--quire-line);vertical-align:bottom;color:var(--quire-quiet);font-weight:600}
    tbody th{font-weight:600}
    .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
    .s{white-space:nowrap}
    .long{min-width:15rem;overflow-wrap:anywhere}
    .provenance th{font-weight:400;color:var(--quire-quiet);white-space:nowrap}
    footer.page{border-top:1px solid var(--quire-line);padding-top:1rem;margin-top:2rem;font-size:.9rem;
    color:var(--quire-quiet)}
    @media (max-width:30rem){body{padding:.6rem}.cell{padding:.7rem .7rem .3rem}.old{padding:.4rem}}
    @media print{
    @page{margin:16mm 14mm}
    :root{--page:#fff}
    body{padding:0;font-size:10pt}
    body>*,.prose{max-width:none}
    h1{font-size:18pt}h2{font-size:14pt}h3{font-size:12pt}
    h1,h2,h3,h4,h5,h6,.cell>header,.reason,.old>p,figcaption,caption{break-after:avoid}
    .cell{border-width:0 0 0 2pt;border-radius:0;padding:0 0 0 8pt;background:none}
    .picture,.scroll,.tall{overflow:visible;max-height:none}
    .picture,.numbers,.warnings,tr,footer.page{break-inside:avoid}
    .picture svg.qc{min-width:0;max-width:130mm}.picture svg.qc-wide{max-width:100%}
    pre{white-space:pre-wrap;overflow-wrap:anywhere;border:.5pt solid var(--quire-line)}
    thead{display:table-header-group}
    table{font-size:8.5pt}
    th,td{max-width:none}
    .long{min-width:0}
    .prose a[href^="http"]::after{content:" (" attr(href) ")";font-size:85%;color:var(--quire-quiet);
    overflow-wrap:anywhere}
    .alternative{display:none}
    details::details-content{content-visibility:visible;block-size:auto}
    }

    """
}
