const EVENTS = ["uncaughtException", "unhandledRejection"] as const;
type Listener = (...args: unknown[]) => void;

/**
 * Takes note of the process's handlers of fatal errors; the result puts them back. The wasm package adds handlers
 * that throw when it starts, and removes everybody's when it is disposed of.
 */
export function noteHandlers(): () => void {
  const listeners = (event: string): Listener[] => process.rawListeners(event) as Listener[];
  const noted = EVENTS.map(event => [event, listeners(event)] as const);
  return () => {
    for (const [event, before] of noted) {
      const now = listeners(event);
      for (const added of now.filter(listener => !before.includes(listener))) process.off(event, added);
      for (const lost of before.filter(listener => !now.includes(listener))) process.on(event, lost);
    }
  };
}
