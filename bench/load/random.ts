/** Numbers from 0 to below 1. */
export type Random = () => number;

/**
 * Numbers that look random, the same for the same seed. Several parts (of a run, a step, a producer) make one seed, and
 * another part makes other numbers. mulberry32 by Tommy Ettinger, its state from FNV-1a over the parts; of the
 * quality that a load needs, and 5 ns a number.
 */
export function randomOf(...seed: number[]): Random {
  let state = 0x811c9dc5;
  for (const part of seed) {
    for (let shift = 0; shift < 32; shift += 8) {
      state = Math.imul(state ^ ((part >>> shift) & 0xff), 0x01000193);
    }
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
