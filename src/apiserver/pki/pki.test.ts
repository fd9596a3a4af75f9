import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { seededRandom } from '../../machinery/random.ts';
import { memoryPkiFiles } from './memory-files.ts';
import { apiServerNames, createPki } from './pki.ts';
import { pkiFiles } from './pki-files.node.ts';

/** A clock that says what it is told; certificates are checked against the machine's own. */
const clockAt = (state: { now: number }) => ({
  now: () => state.now,
  monotonic: () => state.now,
  timer: () => ({ cancel() {} }),
});
const day = 24 * 60 * 60 * 1000;

describe('the cluster certificates', () => {
  it('carry a TLS connection with client authentication both ways', async () => {
    const pki = await createPki(memoryPkiFiles(), {
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

  it('stand up to the strict checks of OpenSSL', async t => {
    const folder = mkdtempSync(join(tmpdir(), 'tsukube-pki-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const options = { clock: clockAt({ now: Date.now() }), random: seededRandom(3) };
    const write = async (): Promise<void> => {
      const pki = await createPki(pkiFiles(folder), options);
      await pki.serving('apiserver', apiServerNames(['10.96.0.1', 'fd00::1']));
      await pki.client('admin', 'kubernetes-admin', ['system:masters', 'z', 'a']);
    };
    await write();
    // Authorities of other makers have other ways to derive the key's identifier: theirs counts.
    const config = `
      [req]
      distinguished_name = subject
      x509_extensions = extensions
      [subject]
      [extensions]
      basicConstraints = critical, CA:true
      keyUsage = critical, keyCertSign
      subjectKeyIdentifier = 01:02:03`;
    writeFileSync(join(folder, 'ca.cnf'), config);
    const ca = 'req -x509 -config ca.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'.split(' ');
    const openssl = (...args: string[]) =>
      execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    for (const authority of ['own', 'other']) {
      if (authority === 'other') {
        openssl(...ca, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/O=elsewhere/CN=other');
        for (const name of ['apiserver.crt', 'admin.crt']) rmSync(join(folder, name));
        await write();
      }
      const verify = ['verify', '-x509_strict', '-CAfile', 'ca.crt'];
      assert.match(openssl(...verify, '-purpose', 'sslserver', 'apiserver.crt'), /: OK/);
      assert.match(openssl(...verify, '-purpose', 'sslclient', 'admin.crt'), /: OK/);
      assert.throws(() => openssl(...verify, '-purpose', 'sslserver', 'admin.crt'));
    }
    assert.equal(openssl('pkey', '-in', 'sa.key', '-pubout'), readFileSync(join(folder, 'sa.pub'), 'utf8'));
  });

  it('are kept from start to start, and re-made for new names and before they expire', async () => {
    const files = memoryPkiFiles();
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
