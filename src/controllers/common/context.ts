import type { ComponentContext } from '../../client/component.ts';
import type { EventRecorder } from '../../client/events.ts';

/** What controllers are made with. */
export interface ControllerContext extends ComponentContext {
  /** The recorder of Events in the name of `component`; whoever made the context disposes of it. */
  recorder(component: string): EventRecorder;
}
