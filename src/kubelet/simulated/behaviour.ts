import type { ContainerConfig, ExecOutcome } from '../runtime.ts';

/** How containers of an image behave: data, so that a scenario reads as a table. Times are milliseconds. */
export interface ImageBehaviour {
  /** How long a pull takes; default 0. */
  pullMs?: number;
  /** A pull fails with this message. */
  pullError?: string;
  sizeBytes?: number;
  /** Who the image runs as; default root. */
  user?: number;
  /** How long the runtime takes to start it; default 0. */
  startMs?: number;
  /** Starting fails with this message. */
  startError?: string;
  /** Lines written to its log when it starts. */
  log?: string[];
  /** Ends by itself this long after its start; absent: never. */
  exitAfterMs?: number;
  /** Default 0. */
  exitCode?: number;
  /** What it leaves in its termination message file. */
  terminationMessage?: string;
  /** Until it ends after the stop signal; default 0. */
  stopMs?: number;
  /** Default 0. */
  stopExitCode?: number;
  /** Until it passes probes after its start; default 0. */
  readyAfterMs?: number;
  /** Commands run inside; default: success, without output. */
  exec?(command: string[], config: ContainerConfig): { exitCode: number; stdout?: string };
}

const encoder = new TextEncoder();

export const outcome = ({ exitCode, stdout = '' }: { exitCode: number; stdout?: string }): ExecOutcome => ({
  exitCode,
  stdout: encoder.encode(stdout),
  stderr: new Uint8Array(),
});
