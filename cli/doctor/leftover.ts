/** Something that a crash left over, and the function that removes it. */
export interface Leftover {
  what: string;
  remove(): Promise<unknown>;
}
