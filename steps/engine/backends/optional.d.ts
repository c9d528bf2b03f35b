/** Packages that only users who want them install: their types cannot be relied on. */
declare module "webgpu" {
  export function create(options: readonly string[]): object;
  export const globals: Readonly<Record<string, unknown>>;
}
declare module "@tensorflow/tfjs-backend-webgpu" {}
