import { describe, expect, it } from "vitest";
import { isSecretName, maskSecrets, quoteStart } from "../../src/legacy/mask-secrets.js";

describe("maskSecrets", () => {
  it.each([
    '{"id":"1","password":"hunter2","size":1}',
    '{"id":"1","auth_password" : "hun\\"hunter2"}',
    '{"data":"{\\"password\\":\\"hunter2 hunter2\\"}"}',
    '{"secret":{"value":"hunter2"}}',
    '{"tokens":["a","hunter2"]}',
    '{"key":"hunter2"}',
    "{'password': 'hunter2'}",
    "password=hunter2",
    "auth.secret: hunter2 and hunter2",
    "client.admin key = hunter2",
    "rbd map x --id admin --key hunter2",
    "openstack --os_admin-password hunter2 volume list",
    "Authorization: Bearer hunter2",
    "sent Bearer hunter2",
    "https://admin:hunter2@keystone:5000/v3",
    "X-Auth-Token: hunter2",
    '{"password":"hunter2',
  ])("hides it in %s", (text) => {
    expect(maskSecrets(text)).not.toContain("hunter2");
  });

  it("hides Ceph keys and Keystone tokens that stand alone", () => {
    const key = `AQ${"C".repeat(36)}==`;
    expect(maskSecrets(`bad ${key} given`)).toBe("bad [secret] given");
    expect(maskSecrets(`gAAAAA${"x".repeat(40)}`)).toBe("[secret]");
  });

  it.each(["--password", "a.", "token", 'key"="', "password ", "--a-"])("is not slowed down by %s, over and over", (text) => {
    const started = performance.now();
    maskSecrets(text.repeat(20_000));
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it("leaves ordinary text as it is", () => {
    const text = '{"id":"7c1a","name":"monkey","size":2,"status":"inUse","volume_type":"ssd"}: keyring not found: /etc/ceph/a.keyring';
    expect(maskSecrets(text)).toBe(text);
  });

  it("tells names of secrets from others", () => {
    expect(["password", "chap_secret", "X-Auth-Token", "key", "cephx.key"].filter(isSecretName)).toHaveLength(5);
    expect(["name", "keyring", "monkey", "volumeId", "reason"].filter(isSecretName)).toEqual([]);
  });

  it("quotes 80 characters at most, and no half of a secret", () => {
    expect(quoteStart("x".repeat(81))).toBe(`"${"x".repeat(80)}"...`);
    expect(quoteStart("short")).toBe('"short"');
    expect(quoteStart(`${"x".repeat(60)} password=hunter2hunter2hunter2`)).not.toContain("hunter2");
  });
});
