/** Something that a crash left over, with the way to remove it. */
export interface Leftover {
  what: string;
  remove(): Promise<unknown>;
}
