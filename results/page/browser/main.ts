// The script of every page. It must first switch off zod's code generation, which the page's security policy forbids.
import "./noCodeGeneration.ts";
import type { PageData } from "../pageData.ts";
import { ChartSet } from "./chartSet.ts";
import { startLive } from "./live.ts";
import { onThemeChange, themeButton } from "./theme.ts";

const data = JSON.parse(document.getElementById("data")?.textContent ?? "null") as PageData;
document.documentElement.classList.add("js");
if (data.place === "live") startLive();
else {
  const bar = document.createElement("header");
  bar.className = "bar";
  const button = themeButton();
  button.classList.add("end");
  bar.append(button);
  document.body.prepend(bar);
  const charts = new ChartSet(data.place, document.body);
  charts.show(data.runs);
  onThemeChange(() => charts.redraw());
}
