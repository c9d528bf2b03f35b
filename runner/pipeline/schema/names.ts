/** Names of steps, roles, outputs, params and axes. */
export const NAME = "^[A-Za-z_][A-Za-z0-9_-]*$";
/** Names of environment variables. */
export const VARIABLE = "^[A-Za-z_][A-Za-z0-9_]*$";

const name = new RegExp(NAME);

export function isName(text: string): boolean {
  return name.test(text);
}

/** Whether an input is a path of the user's, and not another step: an expression gives a path, as steps are known by their names. */
export function isPath(input: string): boolean {
  return /^(?:\.?\/|\$\{\{)/.test(input);
}
