/** A file of an export. */
export interface ExportFile {
  /** Its path below the folder, with "/". */
  name: string;
  /** Media type. */
  type: string;
  text: string;
  /** What it contains: a clause. */
  about: string;
}
