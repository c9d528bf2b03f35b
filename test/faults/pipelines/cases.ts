import { randomStream } from "../../../runner/core/numbers/philox.js";
import type { Kind } from "../../../runner/pipeline/schema/kinds.js";
import { lockText, pipelineTexts } from "./corpus.js";
import { grown } from "./grammar.js";
import { mutated, mutatedBytes, pick, WORDS } from "./mutate.js";

/** What a stranger may hand over: a pipeline (as text or bytes), words of the call beside it, or a lock. */
export type Case =
  | {
      readonly type: "pipeline";
      readonly text: string;
      readonly sets: readonly string[];
      readonly params?: string;
    }
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  | { readonly type: "lock"; readonly text: string };

/** Case number `index` of a seed: a pure function, so that what one finds can be looked at by itself. */
export function caseMaker(seed: number, kinds: readonly Kind[]): (index: number) => Case {
  const texts = pipelineTexts();
  const lock = lockText();
  const stream = randomStream(seed, "pipelines");
  return index => {
    const draws = stream.at(index);
    const sort = draws.below(20);
    if (sort === 0) return { type: "bytes", bytes: mutatedBytes(pick(texts, draws), draws) };
    if (sort === 1) return { type: "lock", text: mutated(lock, lock, draws) };
    if (sort === 2) {
      const words = Array.from({ length: draws.below(60) }, () => pick(WORDS, draws));
      return { type: "pipeline", text: words.join(""), sets: [] };
    }
    if (sort < 9) {
      const text = grown(kinds, draws);
      return {
        type: "pipeline",
        text: draws.below(3) === 0 ? mutated(text, pick(texts, draws), draws) : text,
        sets: [],
      };
    }
    const text = mutated(pick(texts, draws), pick(texts, draws), draws);
    if (sort > 9) return { type: "pipeline", text, sets: [] };
    const sets = Array.from(
      { length: draws.below(3) },
      () => `${pick(["count", "a.b", "seeds[0]", "transform"], draws)}=${pick(WORDS, draws)}`,
    );
    return {
      type: "pipeline",
      text: pick(texts, draws),
      sets,
      params: mutated("count: 3\nseeds: [1]\n", text, draws),
    };
  };
}
