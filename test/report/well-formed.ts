/** Every element of a page in order; throws where tags do not nest, as a browser would have to guess. */
export function elements(html: string): { name: string; attributes: Readonly<Record<string, string>> }[] {
  const found: { name: string; attributes: Record<string, string> }[] = [];
  const open: string[] = [];
  let last = 0;
  const body = html.replace(/<style>[^]*?<\/style>/g, "<style></style>");
  for (const match of body.matchAll(
    /<(\/?)([a-zA-Z!][\w-]*)((?:\s+[\w:-]+(?:="[^"<>]*")?|\s+html)*)\s*(\/?)>/g,
  )) {
    const [all, close = "", name = "", attributes = "", selfClosed = ""] = match;
    const between = body.slice(last, match.index);
    if (/[<>]/.test(between)) throw new Error(`a bare bracket in ${JSON.stringify(between.slice(0, 200))}`);
    last = match.index + all.length;
    if (name === "!doctype") continue;
    if (close === "/") {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing at ${match.index}`);
      continue;
    }
    const pairs = [...attributes.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].map(([, key = "", value = ""]) => [
      key,
      value,
    ]);
    found.push({ name, attributes: Object.fromEntries(pairs) as Record<string, string> });
    if (selfClosed !== "/" && !VOID.has(name)) open.push(name);
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(", ")}`);
  return found;
}

const VOID = new Set(["meta", "img", "br"]);
