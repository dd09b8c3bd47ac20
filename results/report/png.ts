import { Resvg } from "@resvg/resvg-js";

/** Used if the machine has no font "system-ui". */
const FONT = "DejaVu Sans";
/** Double size, for screens with a high resolution. */
const SCALE = 2;

/**
 * Renders an SVG as PNG. Text needs a font on this machine (Debian: fonts-dejavu-core). Without a font it is missing in the PNG, but
 * not in the SVG and the report.
 */
export function pngOf(svg: string): Buffer {
  return new Resvg(svg, {
    fitTo: { mode: "zoom", value: SCALE },
    font: { loadSystemFonts: true, defaultFontFamily: FONT, sansSerifFamily: FONT },
  })
    .render()
    .asPng();
}
