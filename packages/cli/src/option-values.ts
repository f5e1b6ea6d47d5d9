import { UsageError } from "./usage-error.js";

type Value = string | boolean | readonly (string | boolean)[] | undefined;

/** What stood on the command line, by the names of the options. */
export class OptionValues {
  readonly #values: Readonly<Record<string, Value>>;

  constructor(values: Readonly<Record<string, Value>>) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** The option's value; an empty one is a mistake, such as a shell variable that is not set. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    if (value === "") throw new UsageError(`--${name} is empty`);
    return typeof value === "string" ? value : undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new UsageError(`--${name} is missing`);
    return value;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** One of the values that the option takes. */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const choice = choices.find((one) => one === value);
    if (choice === undefined) throw new UsageError(`--${name} is ${JSON.stringify(value)}; give one of ${choices.join(", ")}`);
    return choice;
  }
}
