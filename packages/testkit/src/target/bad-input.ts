/** What was asked of the suite cannot be done; the message says what is wrong and what would be right. */
export class BadInput extends Error {
  override readonly name = "BadInput";
}
