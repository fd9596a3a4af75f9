/** The library for X.509. It takes some 150 ms and 22 MB: only who makes or reads a certificate loads it. */
export async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  // The library's dependency injection needs it, and does not bring it along.
  await import('reflect-metadata');
  return import('@peculiar/x509');
}
