/** A thread that examines the batches of items that it is sent: see `examinersOn`. */
import { workerData } from "node:worker_threads";
import { systemDisk } from "../disk.js";
import { Examiner, type Examined } from "./examine.js";
import type { ThreadData } from "./examiners.js";
import type { Item } from "../inventory.js";
import { answering } from "../thread.js";

const { root, stated, read } = workerData as ThreadData;
const examiner = new Examiner(systemDisk, root, stated, bytes => Atomics.add(read, 0, BigInt(bytes)));

answering((items: readonly Item[]): readonly Examined[] => items.map(item => examiner.examine(item)));
