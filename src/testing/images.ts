import { withDefaultTag } from '../kubelet/images/image-name.ts';
import type { ImageBehaviour } from '../kubelet/simulated/behaviour.ts';

/**
 * How containers behave, by image. A key with a tag is that image, a key without one every version of it; an image that is not named
 * exists and runs until it is stopped. A function decides alone: what it gives undefined for is in no registry.
 */
export type Images =
  | Readonly<Record<string, ImageBehaviour>>
  | ((name: string) => ImageBehaviour | undefined);

const ordinary: ImageBehaviour = {};

/** A lookup by the name as the runtime gets it, which always has a tag or a digest. Throws for a key that is no image name. */
export function imageLookup(images: Images = {}): (name: string) => ImageBehaviour | undefined {
  if (typeof images === 'function') return images;
  for (const key of Object.keys(images)) withDefaultTag(key);
  return name => images[name] ?? images[name.replace(/(?:@|:(?!.*\/)).*$/, '')] ?? ordinary;
}
