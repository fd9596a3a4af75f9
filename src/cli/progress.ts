import yoctoSpinner from 'yocto-spinner';

/** Tells the user how far a command is: a spinner on a terminal, plain lines otherwise. */
export interface Progress {
  step(text: string): void;
  succeed(text: string): void;
  /** Takes the spinner away without a word. */
  stop(): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) {
    const line = (text: string): void => {
      stream.write(`${text}\n`);
    };
    return { step: text => line(`- ${text}`), succeed: line, stop() {} };
  }
  const spinner = yoctoSpinner({ stream });
  return {
    step(text) {
      spinner.text = text;
      if (!spinner.isSpinning) spinner.start();
    },
    succeed: text => void spinner.success(text),
    stop: () => void spinner.stop(),
  };
}

/** A signal that Ctrl-C and SIGTERM abort; a second Ctrl-C has its usual effect. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new DOMException('interrupted', 'AbortError'));
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  process.once('SIGHUP', abort);
  return controller.signal;
}
