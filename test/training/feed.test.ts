import { describe, expect, it } from "@jest/globals";
import { Worker } from "node:worker_threads";
import { openFeed } from "../../steps/training/feed.js";

/** A thread that makes `{ n: [update, limit] }`, and fails at `limit`. */
const thread = (limit: number): Worker =>
  new Worker(new URL("./count-batches.js", import.meta.url), { workerData: limit });
const quiet = new AbortController().signal;

describe("a feed of batches", () => {
  it("gives each update's batch in order, from where a training goes on to where it ends", async () => {
    const worker = thread(1000);
    const feed = openFeed(worker, 7, 27, quiet);
    for (let update = 7; update < 27; update++) {
      const { n } = await feed.next();
      expect([...(n?.data ?? [])]).toEqual([update, 1000]);
    }
    expect(feed.waited).toBeGreaterThan(0);
    await feed.dispose();
    expect(worker.threadId).toBe(-1);
  });

  it("rejects with the error of the thread", async () => {
    const feed = openFeed(thread(5), 0, 100, quiet);
    const drain = async (): Promise<void> => {
      for (;;) await feed.next();
    };
    await expect(drain()).rejects.toThrow("there is no batch 5");
    await feed.dispose();
  });

  it("tells of a thread that ends, and of one that cannot start", async () => {
    const ended = openFeed(new Worker("process.exit(3)", { eval: true }), 0, 1, quiet);
    await expect(ended.next()).rejects.toThrow("ended with code 3");
    const broken = openFeed(new Worker("import 'no-such-package'", { eval: true }), 0, 1, quiet);
    await expect(broken.next()).rejects.toThrow(/import/);
  });

  it("stops waiting when the step is cancelled", async () => {
    const worker = new Worker("setInterval(() => {}, 1e6)", { eval: true });
    const controller = new AbortController();
    const feed = openFeed(worker, 0, 1, controller.signal);
    const next = feed.next();
    controller.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    await expect(feed.next()).rejects.toThrow("enough");
    await feed.dispose();
    expect(worker.threadId).toBe(-1);
  });
});
