import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { seededRandom } from '../../machinery/random.ts';
import { apiServerNames, createPki, type PkiFiles } from './pki.ts';

function memoryFiles(): PkiFiles & { all: Map<string, string> } {
  const all = new Map<string, string>();
  return {
    all,
    read: async name => all.get(name),
    write: async (name, text) => void all.set(name, text),
  };
}

/** A clock that says what it is told; certificates are checked against the machine's own. */
const clockAt = (state: { now: number }) => ({
  now: () => state.now,
  monotonic: () => state.now,
  timer: () => ({ cancel() {} }),
});
const day = 24 * 60 * 60 * 1000;

describe('the cluster certificates', () => {
  it('carry a TLS connection with client authentication both ways', async () => {
    const pki = await createPki(memoryFiles(), {
      clock: clockAt({ now: Date.now() }),
      random: seededRandom(1),
    });
    const serving = await pki.serving('apiserver', apiServerNames(['10.96.0.1', 'fd00::1']));
    const admin = await pki.client('admin', 'kubernetes-admin', ['system:masters', 'second group']);
    const server = createServer({
      cert: serving.certificate,
      key: serving.key,
      ca: pki.caCertificate,
      requestCert: true,
      rejectUnauthorized: true,
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      for (const servername of ['localhost', 'kubernetes.default.svc.cluster.local']) {
        const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
        const client = connect({
          port: (server.address() as AddressInfo).port,
          host: '127.0.0.1',
          servername,
          ca: pki.caCertificate,
          cert: admin.certificate,
          key: admin.key,
        });
        await once(client, 'secureConnect');
        const [socket] = await accepted;
        assert.ok(client.authorized && socket.authorized);
        const { subject } = socket.getPeerCertificate();
        assert.equal(subject.CN, 'kubernetes-admin');
        assert.deepEqual([subject.O].flat().sort(), ['second group', 'system:masters']);
        client.destroy();
        socket.destroy();
      }
    } finally {
      server.close();
    }
    const parsed = new X509Certificate(serving.certificate);
    const authority = new X509Certificate(pki.caCertificate);
    assert.ok(parsed.checkIssued(authority) && parsed.verify(authority.publicKey));
    assert.ok(authority.ca && !parsed.ca);
    for (const address of ['127.0.0.1', '::1', '10.96.0.1', 'fd00::1'])
      assert.ok(parsed.checkIP(address), address);
    assert.equal(parsed.checkIP('10.96.0.2'), undefined);
    assert.deepEqual(parsed.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.deepEqual(new X509Certificate(admin.certificate).keyUsage, ['1.3.6.1.5.5.7.3.2']);
    assert.ok(Date.parse(authority.validTo) > Date.now() + 3_600 * day);
  });

  it('are kept from start to start, and re-made for new names and before they expire', async () => {
    const files = memoryFiles();
    const state = { now: Date.UTC(2030, 0, 1) };
    const open = () => createPki(files, { clock: clockAt(state), random: seededRandom(2) });
    const names = apiServerNames(['10.96.0.1']);
    const first = await open();
    const serving = await first.serving('apiserver', names);
    const client = await first.client('admin', 'kubernetes-admin', ['system:masters']);

    state.now += 200 * day;
    const second = await open();
    assert.equal(second.caCertificate, first.caCertificate);
    assert.equal(second.serviceAccountKey, first.serviceAccountKey);
    assert.deepEqual(await second.serving('apiserver', names), serving);

    const wider = await second.serving(
      'apiserver',
      apiServerNames(['10.96.0.1'], { addresses: ['192.0.2.7'] }),
    );
    assert.ok(new X509Certificate(wider.certificate).checkIP('192.0.2.7'));

    state.now += 100 * day;
    const third = await open();
    const renewed = await third.client('admin', 'kubernetes-admin', ['system:masters']);
    assert.notEqual(renewed.certificate, client.certificate);
    const certificate = new X509Certificate(renewed.certificate);
    assert.ok(Date.parse(certificate.validTo) > state.now + 360 * day);
    assert.ok(certificate.verify(new X509Certificate(third.caCertificate).publicKey));
  });
});
