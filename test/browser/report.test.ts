import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const browserPath = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find((p) => p !== '' && existsSync(p));
if (!browserPath) console.log('report in a browser not tested: there is no Chromium (set CHROMIUM to its path)');

/** Chromium as root in a container, and without looking for the world outside. */
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

describe.skipIf(!browserPath)('the report in a real browser', () => {
  const dir = mkdtempSync(join(tmpdir(), 'drywall-report-'));
  const file = join(dir, 'report.html');
  let browser: Browser;
  let page: Page;
  const troubles: string[] = [];

  beforeAll(async () => {
    const drywall = (...args: string[]): void => {
      execFileSync(process.execPath, [join(root, 'bin/drywall'), '--state', join(dir, 'state.db'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    };
    drywall('run', '--no-isolation', '--', 'iptables', '-N', 'SSH');
    drywall('run', '--no-isolation', '--', 'iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'SSH');
    drywall('run', '--no-isolation', '--', 'iptables', '-A', 'SSH', '-s', '203.0.113.0/24', '-j', 'ACCEPT');
    drywall('run', '--no-isolation', '--', 'iptables', '-A', 'FORWARD', '-m', 'comment', '--comment', '<b>not bold</b>', '-j', 'DROP');
    drywall('run', '--no-isolation', '--', 'conntrack', '-I', '-p', 'udp', '-s', '192.0.2.1', '-d', '192.0.2.2', '--sport', '1', '--dport', '53', '-t', '100');
    drywall('run', '--no-isolation', '--', 'conntrack', '-I', '-p', 'udp', '-s', '192.0.2.1', '-d', '192.0.2.3', '--sport', '1', '--dport', '123', '-t', '100');
    drywall('report', file, '--suite', join(root, 'examples/suites/firewall.suite.yaml'), '--in', 'eth0', '--send', 'ip saddr 203.0.113.7 tcp dport 22 flags syn');
    browser = await chromium.launch({ executablePath: browserPath, args: ARGS });
    page = await browser.newPage();
    page.on('pageerror', (e) => troubles.push(e.message));
    page.on('request', (r) => {
      if (!r.url().startsWith('file:')) troubles.push(`asked for ${r.url()}`);
    });
    await page.goto(pathToFileURL(file).href);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('a chain that is clicked in the picture leads to its rules', async () => {
    await page.click('svg [data-chain="ip filter SSH"]');
    const target = page.locator('section.chain:target');
    expect(await target.count()).toBe(1);
    expect(await target.innerText()).toContain('-A SSH -s 203.0.113.0/24 -j ACCEPT');
    expect(await target.isVisible()).toBe(true);
  });

  test('chains stand in the boxes of their hooks, and arrows lead to where rules jump', async () => {
    const box = async (selector: string) => (await page.locator(selector).first().boundingBox()) ?? { x: -1, y: -1, width: 0, height: 0 };
    const hook = await box('svg rect.hook >> nth=0');
    const input = await box('svg [data-chain="ip filter INPUT"] rect');
    const ssh = await box('svg [data-chain="ip filter SSH"] rect');
    expect(hook.width).toBeGreaterThan(input.width);
    expect(ssh.y).toBeGreaterThan(input.y + input.height);
    expect(await page.locator('svg path.jump').count()).toBe(1);
    for (const t of await page.locator('svg g.chain').all()) {
      const [outer, inner] = [await t.locator('rect').boundingBox(), await t.locator('text').first().boundingBox()];
      expect((inner?.x ?? 0) + (inner?.width ?? 1e9)).toBeLessThanOrEqual((outer?.x ?? 0) + (outer?.width ?? 0));
    }
  });

  test('connections are filtered as one types', async () => {
    const rows = page.locator('#connections tr:visible');
    expect(await rows.count()).toBe(2);
    await page.fill('#filter', 'udp DPORT=123');
    expect(await rows.count()).toBe(1);
    expect(await page.textContent('#shown')).toBe('1');
    await page.fill('#filter', '');
    expect(await rows.count()).toBe(2);
  });

  test('rules that counted nothing can be hidden, and what rules say is text', async () => {
    const rule = page.locator('code', { hasText: '<b>not bold</b>' }).first();
    expect(await rule.isVisible()).toBe(true);
    await page.check('#quiet');
    expect(await rule.isVisible()).toBe(false);
    await page.uncheck('#quiet');
  });

  test('the way of a packet and the coverage of a suite are there', async () => {
    const text = await page.innerText('body');
    expect(text).toContain('-A SSH -s 203.0.113.0/24 -j ACCEPT');
    expect(text).toMatch(/rules hit\s+100\.0 %/);
    expect(text).toContain('tcp dport 22 ct state new accept');
  });

  test('the page needs nothing else and nothing in it fails', () => expect(troubles).toEqual([]));
});
