import type { Part, RawPart } from "./part.js";

/**
 * The classes of a set, and its parts with labels that are places among them. A class is what has an image in one of the
 * parts: a number that no image has is none, nor is a name without images. They stand in the order of their numbers; of
 * folders, in that of `names` where those are the folders', else sorted by code unit.
 * Throws where names and labels, or the folders of both parts, do not match.
 */
export function nameClasses(
  names: readonly string[],
  parts: readonly RawPart[],
  log: (line: string) => void,
): { readonly classes: readonly string[]; readonly parts: Part[] } {
  const labelled = parts.filter(({ labels }) => labels !== undefined);
  if (labelled.length === 0) return { classes: [], parts: parts.map(part => numbered(part, new Map())) };
  const { values, classes } = labelled.some(({ folders }) => folders.length > 0)
    ? ofFolders(names, labelled, log)
    : ofNumbers(names, labelled, log);
  const places = new Map(values.map((value, place) => [value, place]));
  return { classes, parts: parts.map(part => numbered(part, places)) };
}

interface Classes {
  /** Labels as they were read, in the order of the classes. */
  readonly values: readonly number[];
  readonly classes: readonly string[];
}

function numbered(part: RawPart, places: ReadonlyMap<number, number>): Part {
  const { count, shape, images, labels } = part;
  if (labels === undefined) return { count, shape, images };
  return { count, shape, images, labels: Int32Array.from(labels, label => places.get(label) ?? 0) };
}

function ofNumbers(
  names: readonly string[],
  parts: readonly RawPart[],
  log: (line: string) => void,
): Classes {
  const values = [...new Set(parts.flatMap(({ labels }) => [...new Set(labels)]))].sort((a, b) => a - b);
  if (names.length === 0) return { values, classes: values.map(String) };
  for (const { labels, from } of parts) {
    const image = labels?.findIndex(label => label >= names.length) ?? -1;
    if (image >= 0)
      throw new Error(
        `${from}: label ${labels?.[image] ?? 0} of image ${image} is none of the ${names.length} classes that are named, 0 to ${names.length - 1}`,
      );
  }
  const empty = names.filter((_, label) => !values.includes(label));
  if (empty.length > 0) log(`named classes without images are left out: ${empty.join(", ")}`);
  return { values, classes: values.map(value => names[value] ?? String(value)) };
}

function ofFolders(
  names: readonly string[],
  parts: readonly RawPart[],
  log: (line: string) => void,
): Classes {
  const [first, second = first] = parts;
  const folders = first?.folders ?? [];
  const others = second?.folders ?? [];
  const [only, alone] = [
    folders.filter(own => !others.includes(own)),
    others.filter(own => !folders.includes(own)),
  ];
  if (only.length > 0 || alone.length > 0) {
    const have = (where: string, which: readonly string[]): string[] =>
      which.length === 0 ? [] : [`only ${where} has ${which.join(", ")}`];
    const lacks = [...have("train", only), ...have("test", alone)].join("; ");
    throw new Error(`train and test must have the same class folders: ${lacks}`);
  }
  const inOrder = { values: folders.map((_, i) => i), classes: folders };
  if (names.length === 0) return inOrder;
  const plain = (name: string): string => name.trim().toLowerCase();
  const known = new Set(folders.map(plain));
  if (names.length === folders.length && names.every(name => folders.includes(name)))
    return { values: names.map(name => folders.indexOf(name)), classes: names };
  if (names.length !== folders.length || names.some(name => known.has(plain(name))))
    throw new Error(
      `classes: [${names.join(", ")}] are not the folders, ${folders.join(", ")}. Write those names in any order, or leave ` +
        "`classes` out; other names, one a folder in this order, rename them",
    );
  log(`classes named by order: ${folders.map((folder, i) => `${folder} is '${names[i] ?? ""}'`).join(", ")}`);
  return { ...inOrder, classes: names };
}
