"""How a page looks: light, dark, on paper.  No picture and no font is loaded."""

from __future__ import annotations

_LIGHT = """
--ground:#fcfcfb;--card:#ffffff;--ink:#1b1e22;--soft:#59616b;--rule:#d8dce1;
--good:#3f9160;--warn:#dfa126;--bad:#cc3b31;--busy:#4a7fc9;--off:#a9b1bb;--none:#eef0f2;
--on:#ffffff;--on-warn:#2b2000;--on-off:#1b1e22;
"""
_DARK = """
--ground:#14171b;--card:#1b1f24;--ink:#e7e9ec;--soft:#a0a8b2;--rule:#343a42;
--good:#4aa974;--warn:#e2b04a;--bad:#ea675c;--busy:#6d9ee0;--off:#6b747f;--none:#252a30;
--on:#0e1114;--on-warn:#0e1114;--on-off:#ffffff;
"""
STYLE = f"""
:root{{color-scheme:light dark;{_LIGHT}}}
@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif}}
main,footer{{max-width:76rem;margin:0 auto;padding:0 1.25rem}}
h1{{font-size:1.6rem;line-height:1.25;margin:1.5rem 0 .75rem}}
h2{{font-size:1.15rem;margin:2.2rem 0 .6rem;padding-top:.5rem;border-top:1px solid var(--rule)}}
h3{{font-size:1rem;margin:0 0 .4rem;overflow-wrap:anywhere}}
p{{margin:.5rem 0}}
.lead{{font-size:1.05rem}}
.note,footer{{color:var(--soft);font-size:.88rem}}
footer{{padding-top:1rem;padding-bottom:2rem}}
dl{{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.6rem;margin:1rem 0}}
dl div{{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.5rem .75rem}}
dt{{color:var(--soft);font-size:.82rem}}
dd{{margin:0;font-weight:600;overflow-wrap:anywhere}}
article{{background:var(--card);border:1px solid var(--rule);border-left:5px solid var(--bad);
border-radius:6px;padding:.8rem 1rem;margin:.8rem 0}}
article.warn{{border-left-color:var(--warn)}}
ol{{margin:.4rem 0;padding-left:1.5rem}}
li{{overflow-wrap:anywhere}}
time{{font-variant-numeric:tabular-nums;color:var(--soft)}}
.wide,.drawing{{overflow-x:auto}}
table{{border-collapse:collapse;width:100%;font-size:.9rem}}
th,td{{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--rule)}}
th{{color:var(--soft);font-weight:600;white-space:nowrap}}
td{{max-width:26rem;overflow-wrap:break-word;font-variant-numeric:tabular-nums}}
td:first-child,td time{{white-space:nowrap}}
td time{{color:inherit}}
pre{{overflow-x:auto;background:var(--none);border-radius:6px;padding:.6rem;font-size:.82rem;
white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0}}
summary{{cursor:pointer;color:var(--soft)}}
b.bad{{color:var(--bad)}}b.good{{color:var(--good)}}
svg{{display:block;width:100%;min-width:46rem;font-size:12px}}
svg text{{fill:var(--ink)}}
svg .tick{{fill:var(--soft);text-anchor:middle;font-size:11px}}
svg .lane{{fill:var(--soft);text-anchor:end}}
svg .on{{fill:var(--on);text-anchor:middle;pointer-events:none}}
svg .on.warn{{fill:var(--on-warn)}}
svg .on.off{{fill:var(--on-off)}}
svg .on.unknown{{fill:var(--ink)}}
.grid{{stroke:var(--rule);stroke-width:1}}
.hatch{{stroke:var(--off);stroke-width:1.2}}
rect.good,path.good{{fill:var(--good)}}rect.warn,path.warn{{fill:var(--warn)}}
rect.bad,path.bad{{fill:var(--bad)}}rect.busy,path.busy{{fill:var(--busy)}}
rect.off,path.off{{fill:var(--off)}}rect.unknown{{fill:url(#hatch)}}
.limit{{stroke:var(--bad);stroke-width:1;stroke-dasharray:5 4}}
.reach{{stroke:var(--busy);stroke-width:2;opacity:.4;fill:none}}
.middle{{stroke:var(--busy);stroke-width:2;fill:none;stroke-linecap:round;stroke-linejoin:round}}
.legend{{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;font-size:.86rem;color:var(--soft)}}
.legend i{{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-right:.4rem;
vertical-align:-1px;background:var(--off)}}
i.good{{background:var(--good)!important}}i.warn{{background:var(--warn)!important}}
i.bad{{background:var(--bad)!important}}i.busy{{background:var(--busy)!important}}
i.unknown{{background:repeating-linear-gradient(135deg,var(--off) 0 1px,transparent 1px 4px)
!important}}
@page{{margin:14mm}}
@media print{{
:root{{color-scheme:light;{_LIGHT}}}
body{{font-size:10pt;background:#fff;-webkit-print-color-adjust:exact;print-color-adjust:exact}}
main,footer{{max-width:none;padding:0}}
svg{{min-width:0}}
table{{font-size:7.5pt}}
td{{max-width:11rem}}
h2,h3,summary{{break-after:avoid}}
article,.drawing,tr,dl div{{break-inside:avoid}}
thead{{display:table-header-group}}
details::details-content{{content-visibility:visible;block-size:auto}}
}}
"""
