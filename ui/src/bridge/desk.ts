// What the pages may ask of the desk, as functions that answer or throw a FaultError.

import type { Changed, commands, Fault } from "./bindings";

type Commands = typeof commands;
type Answer<T> = Extract<T, { status: "ok" }> extends { data: infer D } ? D : never;

/** Every command of the bindings, without its Result. */
export type Calls = {
  [Name in keyof Commands]: (
    ...args: Parameters<Commands[Name]>
  ) => Promise<Answer<Awaited<ReturnType<Commands[Name]>>>>;
};

/** The desk behind the pages: Rust in the app, made-up people in tests. */
export interface Desk {
  calls: Calls;
  /** Tells that something must be asked for again. Returns how to stop. */
  onChanged(listener: (what: Changed) => void): () => void;
}

/** A fault as an exception. It holds no personal data, only what the desk said. */
export class FaultError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.code);
    this.name = "FaultError";
    this.fault = fault;
  }
}

/** The fault in whatever was thrown. What is not the desk's own is a fault of RA Desk itself. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof FaultError) return thrown.fault;
  return {
    code: "INTERNAL",
    message: "The page and the desk did not understand each other.",
    fields: [],
    reference: null,
  };
}
