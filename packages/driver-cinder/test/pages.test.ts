import { describe, expect, it } from "vitest";
import { volumeRow } from "./cloud-server.js";
import { ours, testClouds } from "./test-clouds.js";

const { cloudWith, driverOn } = testClouds();

describe("pages of volumes", () => {
  it("are never empty where more follow, whatever in between is no volume for callers", async () => {
    const idOf = (number: number): string => `0000000${number}-0000-4000-8000-000000000000`;
    const lost = { ...ours("given up"), "opensds.fate": "", "opensds.lost": "1" };
    const rows = [ours("one"), ours("\u0000lock for names"), lost, ours("two")].map((metadata, index) =>
      volumeRow({ id: idOf(index + 1), status: metadata === lost ? "creating" : "available", metadata }),
    );
    const server = await cloudWith(({ path, query }) => {
      if (path !== "/v3/p1/volumes/detail" || query.get("metadata") === null) return undefined;
      const [limit, marker] = [Number(query.get("limit")), query.get("marker") ?? ""];
      return { status: 200, body: { volumes: rows.filter(({ id }) => String(id) > marker).slice(0, limit) } };
    });
    const driver = await driverOn(server);
    await driver.setup();
    const pages: (readonly string[])[] = [];
    for await (const { items } of driver.listVolumes({ pageSize: 1 }).pages()) pages.push(items.map(({ name }) => name));
    // After the last volume there is a last page.
    expect(pages).toEqual([["one"], ["two"], []]);
  });
});
