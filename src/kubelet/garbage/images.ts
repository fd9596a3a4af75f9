import type { Core } from '../pods/core.ts';

/** Shares of the disk: above the first, images go until the second is reached. Upstream's defaults. */
const highShare = 0.85;
const lowShare = 0.8;
const minAgeMs = 120_000;

/** Removes images that no container uses, those unused for longest first, when the disk is nearly full (upstream: pkg/kubelet/images). */
export class ImageCollector {
  readonly #core: Core;
  readonly #lastUsed = new Map<string, number>();

  constructor(core: Core) {
    this.#core = core;
  }

  async collect(): Promise<void> {
    const { options, context, events } = this.#core;
    const { runtime, machine } = options;
    const now = context.clock.now();
    const [images, containers, { mountpoint }] = await Promise.all([
      runtime.images(),
      runtime.containers(),
      runtime.imageFilesystem(),
    ]);
    const used = new Set(containers.flatMap(({ image, imageRef }) => [image, imageRef]));
    const inUse = images.filter(({ id, tags, digests }) =>
      [id, ...tags, ...digests].some(name => used.has(name)),
    );
    for (const { id } of images) if (!this.#lastUsed.has(id)) this.#lastUsed.set(id, now);
    for (const { id } of inUse) this.#lastUsed.set(id, now);
    for (const id of this.#lastUsed.keys())
      if (!images.some(image => image.id === id)) this.#lastUsed.delete(id);

    const { totalBytes, availableBytes } = await machine.disk(mountpoint || options.rootDirectory);
    if (totalBytes === 0 || 1 - availableBytes / totalBytes < highShare) return;
    let toFree = totalBytes * (1 - lowShare) - availableBytes;
    const candidates = images
      .filter(
        image => !image.pinned && !inUse.includes(image) && now - this.#lastUsed.get(image.id)! >= minAgeMs,
      )
      .sort((a, b) => this.#lastUsed.get(a.id)! - this.#lastUsed.get(b.id)!);
    for (const image of candidates) {
      if (toFree <= 0) return;
      await runtime.removeImage(image.id);
      toFree -= image.sizeBytes;
    }
    if (toFree > 0)
      events.node(
        'Warning',
        'FreeDiskSpaceFailed',
        `Failed to garbage collect required amount of images. Attempted to free ${Math.ceil(toFree)} bytes, but only found 0 bytes eligible to free.`,
      );
  }
}
