import { applyDefaults, type DefaultsTable } from './apply.ts';
import { coreDefaults } from './core.ts';
import { otherDefaults } from './others.ts';
import { podDefaults } from './pods.ts';
import { workloadDefaults } from './workloads.ts';

const table: DefaultsTable = { ...podDefaults, ...coreDefaults, ...workloadDefaults, ...otherDefaults };

/** Fills in an object of a built-in model, in place; also drops nulls and makes quantities canonical. */
export const setDefaults = (model: string, object: object): void => applyDefaults(model, object, table);
