// A request at the level of objects: what is left of one once HTTP, or a caller in the same process, has been understood.
import type { V1DeleteOptions } from '../api/generated/types.ts';
import type { Registration } from '../api/registration.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { User } from './contracts.ts';
import type { FieldValidation } from './registry/core.ts';
import type { PatchRequest } from './registry/patch.ts';
import type { ListPage, ListQuery } from './registry/read.ts';
import type { View } from './watch-cache/entry.ts';
import type { Watcher } from './watch-cache/watcher.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface ApiRequest {
  user: User;
  verb: Verb;
  registration: Registration;
  subresource?: string;
  namespace?: string;
  name?: string;
  query?: ListQuery;
  /** For create and update: parsed, and the server's to change. */
  body?: unknown;
  /** The JSON that it was parsed from, where there was any: tells of fields said twice. */
  bodyText?: string;
  patch?: PatchRequest;
  deleteOptions?: V1DeleteOptions;
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: FieldValidation;
  warn?(message: string): void;
}

export type ApiResult =
  | { type: 'view'; status: number; registration: Registration; view: View }
  /** Not an object of the store: a Status, a Scale, the answer of a review. */
  | { type: 'object'; status: number; object: KubeObject }
  | { type: 'list'; status: number; page: ListPage }
  | { type: 'watch'; watcher: Watcher; timeoutSeconds: number | undefined };
