/** A file, or a new state of one, that the code generates and the repository holds. */
export interface GeneratedFile {
  /** Below the repository's root. */
  readonly path: string;
  readonly text: string;
}
