import { describe, expect, it } from "@jest/globals";
import { discoverCapacity } from "../../runner/exec/devices.js";
import { Leases, neverFits } from "../../runner/exec/leases.js";

const capacity = { cpus: 4, gpus: [0, 1, 3], memory: 8e9 };

describe("leases", () => {
  it("give each GPU to one step at a time, lowest first", () => {
    const leases = new Leases(capacity, 10);
    const a = leases.tryTake({ cpus: 1, gpus: 2, memory: 0 });
    expect(a?.gpus).toEqual([0, 1]);
    expect(leases.tryTake({ cpus: 1, gpus: 2, memory: 0 })).toBeUndefined();
    expect(leases.tryTake({ cpus: 1, gpus: 1, memory: 0 })?.gpus).toEqual([3]);
    if (a !== undefined) leases.give(a);
    expect(leases.tryTake({ cpus: 1, gpus: 2, memory: 0 })?.gpus).toEqual([0, 1]);
  });

  it("give a step that wants more cores than there are all of them", () => {
    expect(new Leases(capacity, 10).tryTake({ cpus: 64, gpus: 0, memory: 0 })?.cpus).toBe(4);
  });

  it("keep to memory and to the number of jobs", () => {
    const leases = new Leases(capacity, 2);
    expect(leases.tryTake({ cpus: 1, gpus: 0, memory: 6e9 })).toBeDefined();
    expect(leases.tryTake({ cpus: 1, gpus: 0, memory: 6e9 })).toBeUndefined();
    expect(leases.tryTake({ cpus: 1, gpus: 0, memory: 0 })).toBeDefined();
    expect(leases.exhausted).toBe(true);
  });

  it("say what can never start here", () => {
    expect(neverFits({ cpus: 99, gpus: 3, memory: 8e9 }, capacity)).toBeUndefined();
    expect(neverFits({ cpus: 1, gpus: 4, memory: 0 }, capacity)).toMatch(/4 GPUs.*has 3/);
    expect(neverFits({ cpus: 1, gpus: 0, memory: 9e9 }, capacity)).toMatch(/9\.0 GB.*8\.0 GB/);
  });
});

describe("the devices", () => {
  it("are those that are named", () => {
    expect(discoverCapacity({ VISTAS_GPUS: "2, 0,2" }).gpus).toEqual([2, 0]);
    expect(discoverCapacity({ CUDA_VISIBLE_DEVICES: "1" }).gpus).toEqual([1]);
    expect(discoverCapacity({ CUDA_VISIBLE_DEVICES: "-1" }).gpus).toEqual([]);
    expect(discoverCapacity({ VISTAS_GPUS: "", CUDA_VISIBLE_DEVICES: "1" }).gpus).toEqual([]);
  });

  it("may be named by UUID, as clusters do, slices of GPUs too", () => {
    const named = ["GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "MIG-GPU-8932f937/1/0"];
    const { gpus } = discoverCapacity({ CUDA_VISIBLE_DEVICES: named.join() });
    expect(gpus).toEqual(named);
    const leases = new Leases({ ...capacity, gpus }, 10);
    const [a, b] = [0, 1].map(() => leases.tryTake({ cpus: 1, gpus: 1, memory: 0 }));
    expect([a?.gpus, b?.gpus]).toEqual([[named[0]], [named[1]]]);
    for (const lease of [b, a]) if (lease !== undefined) leases.give(lease);
    expect(leases.tryTake({ cpus: 1, gpus: 2, memory: 0 })?.gpus).toEqual(named);
  });

  it("are refused when they are named otherwise", () => {
    expect(() => discoverCapacity({ VISTAS_GPUS: "0,first" })).toThrow(/first/);
  });
});
