// Container images made locally: an OCI image layout in a tar file, as `ctr images import` takes it.
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';

/** A file, folder or link of an image's one layer; `path` without a leading slash. */
export type Entry =
  | { path: string; content: Uint8Array | string; mode?: number }
  | { path: string; directory: true; mode?: number }
  | { path: string; link: string };

export interface ImageDescription {
  /** Full reference: `tsukube.local/myapp:v1`. */
  reference: string;
  entries: readonly Entry[];
  config: {
    Entrypoint?: string[];
    Cmd?: string[];
    Env?: string[];
    ExposedPorts?: Record<string, object>;
    WorkingDir?: string;
  };
}

const digestOf = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** The tar of entries; the same entries give the same bytes. */
async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const { pack } = await import('tar-stream');
  const archive = pack();
  const whole = buffer(archive);
  const common = { mtime: new Date(0), uid: 0, gid: 0 };
  for (const entry of entries) {
    if ('directory' in entry)
      archive.entry({ ...common, name: `${entry.path}/`, type: 'directory', mode: entry.mode ?? 0o755 });
    else if ('link' in entry)
      archive.entry({ ...common, name: entry.path, type: 'symlink', linkname: entry.link });
    else
      archive.entry(
        { ...common, name: entry.path, mode: entry.mode ?? 0o644 },
        Buffer.from(entry.content as string),
      );
  }
  archive.finalize();
  return whole;
}

const architecture = {
  x64: 'amd64',
  arm64: 'arm64',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
} as Record<string, string>;

/** One archive with all `images`; equal layers are in it once. */
export async function imageArchive(
  images: readonly ImageDescription[],
  machine: string = process.arch,
): Promise<Buffer> {
  const blobs = new Map<string, Uint8Array>();
  const add = (mediaType: string, data: Uint8Array) => {
    const digest = digestOf(data);
    blobs.set(digest, data);
    return { mediaType, digest: `sha256:${digest}`, size: data.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const manifests: object[] = [];
  for (const image of images) {
    const layer = add('application/vnd.oci.image.layer.v1.tar', await tarOf(image.entries));
    const config = add(
      'application/vnd.oci.image.config.v1+json',
      json({
        created: '1970-01-01T00:00:00Z',
        architecture: architecture[machine] ?? machine,
        os: 'linux',
        config: {
          Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
          ...image.config,
        },
        rootfs: { type: 'layers', diff_ids: [layer.digest] },
      }),
    );
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = add(mediaType, json({ schemaVersion: 2, mediaType, config, layers: [layer] }));
    manifests.push({
      ...manifest,
      annotations: {
        'io.containerd.image.name': image.reference,
        'org.opencontainers.image.ref.name': image.reference,
      },
    });
  }
  const index = json({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests });
  return tarOf([
    { path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { path: 'index.json', content: index },
    { path: 'blobs', directory: true },
    { path: 'blobs/sha256', directory: true },
    ...[...blobs].map(([digest, content]) => ({ path: `blobs/sha256/${digest}`, content })),
  ]);
}
