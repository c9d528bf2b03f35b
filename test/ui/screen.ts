/**
 * What a terminal shows after `text` was written to it: enough of one to check a display that moves the cursor up,
 * erases and writes lines. Colours are dropped; anything else that it does not know throws.
 */
export function screen(text: string): string {
  const rows: string[] = [""];
  let row = 0;
  let column = 0;
  for (const [token, up, code] of text.matchAll(TOKEN)) {
    if (up !== undefined) row = Math.max(0, row - Number(up));
    else if (code === "K") rows[row] = (rows[row] ?? "").slice(0, column);
    else if (code === "J") rows.splice(row, rows.length, (rows[row] ?? "").slice(0, column));
    else if (token === "\r") column = 0;
    else if (token === "\n") [row, column] = [row + 1, 0];
    else if (token.startsWith(`${ESC}[`) && token.endsWith("m")) continue;
    else if (token.startsWith(ESC)) throw new Error(`the screen does not know ${JSON.stringify(token)}`);
    else {
      const line = (rows[row] ?? "").padEnd(column);
      rows[row] = line.slice(0, column) + token + line.slice(column + token.length);
      column += token.length;
    }
    rows[row] ??= "";
  }
  return rows.map(line => line.trimEnd()).join("\n");
}

const ESC = String.fromCharCode(27);
const TOKEN = new RegExp(
  `${ESC}\\[(\\d+)A|${ESC}\\[([KJ])|${ESC}\\[[0-9;?]*[a-zA-Z]|\\r|\\n|[^${ESC}\\r\\n]+`,
  "g",
);
