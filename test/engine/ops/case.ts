/** What a table of operations is made of; see index.ts. */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import type { Build } from "../rig.js";

export interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly build: Build;
  /** False for operations without a gradient. */
  readonly gradients: boolean;
}

export interface Table {
  readonly cases: readonly Case[];
  readonly add: (name: string, shapes: number[][], build: Build, gradients?: boolean) => void;
}

export function table(): Table {
  const cases: Case[] = [];
  return {
    cases,
    add: (name, shapes, build, gradients = true) => void cases.push({ name, shapes, build, gradients }),
  };
}

export const d1 = (t: Tensor | undefined): Tensor1D => t as Tensor1D;
export const d2 = (t: Tensor | undefined): Tensor2D => t as Tensor2D;
export const d3 = (t: Tensor | undefined): Tensor3D => t as Tensor3D;
export const d4 = (t: Tensor | undefined): Tensor4D => t as Tensor4D;
