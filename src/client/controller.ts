// Contract of controllers. `runController` (run-controller.ts) owns queue, back-off, workers, panic capture and metrics, once for all.
import type { Resource } from '../api/resource.ts';
import type { KubeObject, Stored } from '../machinery/object.ts';
import type { ComponentContext } from './component.ts';
import type { InformerScope } from './informer.ts';

export type Result = { requeueAfterMs?: number } | undefined;

/**
 * One source of keys. Without `keys`, the object's own key. With `owns`, the key of the object's controlling owner
 * if that owner is of the given kind (both the old and the new owner on a change).
 */
export interface Watch<T extends KubeObject = KubeObject> {
  resource: Resource<T>;
  scope?: InformerScope;
  owns?: { apiVersion: string; kind: string };
  keys?: (object: Stored<T>, previous: Stored<T> | undefined) => string[];
  /** Called before keys are queued: for expectations, indexes. */
  observe?: (
    event: 'added' | 'updated' | 'deleted',
    object: Stored<T>,
    previous: Stored<T> | undefined,
  ) => void;
}

/** Helps TypeScript to infer a watch's object type inside a list of watches of several types. */
export const watching = <T extends KubeObject>(watch: Watch<T>): Watch => watch as unknown as Watch;

export interface Controller {
  /** The field's name for it, as in upstream's `--controllers` flag where there is one: `replicaset`. */
  name: string;
  watches: Watch[];
  /** Default 1. A key is never worked on by two workers at once. */
  workers?: number;
  /**
   * Makes the world match; knows the key only. A throw is retried with back-off (5 ms doubling to 1000 s, as upstream's);
   * a Conflict is retried quietly; an Error with `terminal` true is not retried.
   */
  reconcile(key: string, signal: AbortSignal): Promise<Result>;
  /** Called once after caches have synced and before the first reconcile. */
  started?(): void | Promise<void>;
}

/** A controller is a function of its context that gives its description. */
export type ControllerFactory = (context: ComponentContext) => Controller;
