import { Resvg } from "@resvg/resvg-js";

/** Where "system-ui" is no font of the machine. */
const FONT = "DejaVu Sans";
/** Twice the size, for screens of a high resolution. */
const SCALE = 2;

/**
 * A picture of an SVG. Its texts need a font of this machine (Debian: fonts-dejavu-core); without one they are missing,
 * while the SVG and the report have them.
 */
export function pngOf(svg: string): Buffer {
  return new Resvg(svg, {
    fitTo: { mode: "zoom", value: SCALE },
    font: { loadSystemFonts: true, defaultFontFamily: FONT, sansSerifFamily: FONT },
  })
    .render()
    .asPng();
}
