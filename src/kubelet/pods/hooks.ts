import type { V1Container, V1LifecycleHandler } from '../../api/generated/types.ts';
import { sleep } from '../../machinery/clock.ts';
import { httpRequestOf } from '../probes/run-probe.ts';
import type { Core } from './core.ts';

const httpTimeoutMs = 60_000;

/** Runs a postStart or preStop hook to its end; throws an Error with the message of the event. */
export async function runHook(
  core: Core,
  handler: V1LifecycleHandler,
  container: V1Container,
  containerId: string,
  podIP: string,
  timeoutSeconds = 0,
): Promise<void> {
  if (handler.exec) {
    const command = handler.exec.command ?? [];
    const { exitCode, stdout, stderr } = await core.options.runtime.execSync(
      containerId,
      command,
      timeoutSeconds,
    );
    if (exitCode === 0) return;
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    throw new Error(
      `Exec lifecycle hook (${JSON.stringify(command)}) for Container "${container.name}" failed - error: command '${command.join(' ')}' exited with ${exitCode}: ${output}`,
    );
  }
  if (handler.httpGet) {
    const request = httpRequestOf(container, handler.httpGet, podIP);
    if (!request) throw new Error(`invalid port number: ${String(handler.httpGet.port)}`);
    // Any answer will do: upstream looks at no status code here either.
    const outcome = await core.probeActions.http(
      request,
      timeoutSeconds > 0 ? timeoutSeconds * 1000 : httpTimeoutMs,
    );
    if (!outcome.ok && !outcome.output.startsWith('HTTP probe failed')) throw new Error(outcome.output);
    return;
  }
  if (handler.sleep) await sleep(core.context.clock, handler.sleep.seconds * 1000);
}
