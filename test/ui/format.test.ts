import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import * as format from "../../runner/ui/quantities.js";
import { table } from "../../runner/ui/table.js";
import { colors, displayWidth, printable, printableLines, truncate } from "../../runner/ui/display-text.js";
import { wantsColor } from "../../runner/ui/surroundings.js";

describe("format", () => {
  it.each([
    [0, "0s"],
    [0.0004, "0s"],
    [0.0804, "80ms"],
    [0.0999, "0.1s"],
    [3.24, "3.2s"],
    [9.96, "10s"],
    [59.6, "1m00s"],
    [70, "1m10s"],
    [3599.7, "1h00m"],
    [7500, "2h05m"],
    [86_399, "1d00h"],
    [273_600, "3d04h"],
    [-1, "0s"],
    [NaN, "?"],
  ])("writes %d seconds as %s", (seconds, text) => expect(format.duration(seconds)).toBe(text));

  it.each([
    [0, "0 B"],
    [812, "812 B"],
    [999.6, "1.0 kB"],
    [3_140_000, "3.1 MB"],
    [9_960_000, "10 MB"],
    [4e9, "4.0 GB"],
    [2e18, "2000 PB"],
  ])("writes %d bytes as %s", (n, text) => expect(format.bytes(n)).toBe(text));

  it.each([
    [0, "0"],
    [-0, "0"],
    [4096, "4,096"],
    [-1234567, "-1,234,567"],
    [0.81234, "0.8123"],
    [12.3456, "12.35"],
    [1234.567, "1,235"],
    [0.000012, "1.2e-5"],
    [1.5e12, "1.5e12"],
    [1e10, "1e10"],
    [NaN, "NaN"],
  ])("writes %d as %s", (value, text) => expect(format.number(value)).toBe(text));

  it.each([
    [0.81234, 0.00412, "0.8123 ± 0.0041"],
    [0.81234, null, "0.8123"],
    [0.5, 0, "0.5000 ± 0"],
    [64_000, 0, "64,000"],
    [1234.5, 110, "1,235 ± 110"],
    [82.1, 12.345, "82 ± 12"],
    [3e-9, 2e-10, "3e-9 ± 2e-10"],
  ])("writes %d with half-width %p as %s", (value, half, text) =>
    expect(format.withInterval(value, half)).toBe(text),
  );

  it.each([
    [0, "just now"],
    [70, "1 minute ago"],
    [300, "5 minutes ago"],
    [3600 * 3, "3 hours ago"],
    [86_400 * 2, "2 days ago"],
    [86_400 * 800, "2 years ago"],
  ])("tells that %d seconds ago is %s", (seconds, text) =>
    expect(format.relativeTime(1e12 - seconds * 1000, 1e12)).toBe(text),
  );

  it("counts and shares", () => {
    expect(format.counted(1, "step")).toBe("1 step");
    expect(format.counted(1204, "step")).toBe("1,204 steps");
    expect(format.percent(0.9999)).toBe("99 %");
    expect(format.percent(7)).toBe("100 %");
  });
});

describe("text", () => {
  const escape = String.fromCharCode(27);

  it("makes the text of others harmless and keeps what it says", () => {
    expect(printable(`${escape}[2J${escape}]0;title\u0007a\u202eb\r\nc\u0000`)).toBe("ab c");
    expect(printableLines("10 %\r50 %\r100 %\n\tdone\n\n")).toEqual(["100 %", "    done"]);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), text => expect(printable(text)).not.toMatch(/\p{Cc}/u)),
    );
  });

  it("measures columns, not code units", () => {
    expect(displayWidth("abc")).toBe(3);
    expect(displayWidth(`${escape}[31mabc${escape}[39m`)).toBe(3);
    expect(displayWidth("画像")).toBe(4);
    expect(displayWidth("e\u0301")).toBe(1);
    expect(displayWidth("🧪")).toBe(2);
  });

  it("cuts to any width, colours closed", () => {
    expect(truncate("encoder", 7)).toBe("encoder");
    expect(truncate("encoder", 5)).toBe("enco…");
    expect(truncate("画像画像", 5)).toBe("画像…");
    expect(truncate(colors(true).red("encoder"), 4)).toBe(`${escape}[31menc…${escape}[0m`);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, width) =>
        expect(displayWidth(truncate(printable(text), width))).toBeLessThanOrEqual(width),
      ),
    );
  });

  it("colours as the flag, the environment and the terminal say, in this order", () => {
    expect(wantsColor(true, {}, true)).toBe(true);
    expect(wantsColor(true, {}, false)).toBe(false);
    expect(wantsColor(false, { FORCE_COLOR: "1" }, true)).toBe(false);
    expect(wantsColor(true, { NO_COLOR: "1", FORCE_COLOR: "1" }, true)).toBe(false);
    expect(wantsColor(true, { FORCE_COLOR: "1" }, false)).toBe(true);
    expect(wantsColor(true, { TERM: "dumb" }, true)).toBe(false);
  });
});

describe("table", () => {
  it("aligns numbers to the right, text to the left", () => {
    const rows = [
      ["generator", "1", "3.1s", "3.1 MB"],
      ["encoder", "12", "1m10s", ""],
      ["画像", "3", "–", "812 B"],
    ];
    expect(table(["step", "n", "time", "size"], rows)).toBe(
      [
        "step        n   time    size",
        "generator   1   3.1s  3.1 MB",
        "encoder    12  1m10s",
        "画像        3      –   812 B",
      ].join("\n"),
    );
  });

  it("gives way in text, not in numbers, when the terminal is narrow", () => {
    const rows = [["a-rather-long-step-name", "why it ran is a long story", "1,234"]];
    const lines = table(["step", "reason", "n"], rows, { width: 40, indent: 2 }).split("\n");
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(40);
    expect(lines[1]).toMatch(/^ {2}\S.*….* {2}1,234$/);
  });

  it("keeps columns aligned when cells are coloured", () => {
    const { red } = colors(true);
    const coloured = table(
      ["step", "n"],
      [
        [red("failed"), red("1")],
        ["ok", "10"],
      ],
      { colors: colors(true) },
    );
    expect(coloured.split("\n").map(displayWidth)).toEqual([10, 10, 10]);
  });
});
