/** The keys and values of an object's omap, as `rados listomapvals` prints them. Keys are taken as they stand. */
export function decodeOmap(text: string): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  let key: string | undefined;
  let before = "";
  let bytes: number[] = [];
  const end = (): void => {
    if (key !== undefined) found.set(key, Buffer.from(bytes));
    key = undefined;
    bytes = [];
  };
  for (const line of text.split("\n")) {
    const columns = /^[0-9a-f]{8} ((?: {1,2}[0-9a-f]{2})+)/.exec(line)?.[1];
    if (/^value \(\d+ bytes\) :$/.test(line)) {
      end();
      key = before;
    } else if (key !== undefined && columns !== undefined) {
      for (const pair of columns.trim().split(/ +/)) bytes.push(Number.parseInt(pair, 16));
    }
    before = line;
  }
  end();
  return found;
}
