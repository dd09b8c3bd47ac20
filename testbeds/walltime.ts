/** Formats seconds as hours, minutes and seconds, as OAR writes a walltime: `1:05:00`. */
export function formatWalltime(sec: number): string {
  const whole = Math.max(0, Math.round(sec));
  const two = (value: number) => String(value).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** Parses `0:10:0`, `2:0:0` or `2`, hours first, into seconds; undefined if the text is not a walltime. */
export function parseWalltime(text: string): number | undefined {
  if (!/^\d+(:\d+){0,2}$/.test(text)) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = text.split(":").map(Number);
  return hours * 3600 + minutes * 60 + seconds;
}
