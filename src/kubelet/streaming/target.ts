/** Where a streaming session's other end is. */
export type ExecTarget =
  /** A streaming server that speaks SPDY/3.1, as CRI runtimes have. */
  { url: string };
