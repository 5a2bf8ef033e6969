// What a hostile page could try. In an app of its own: a refused navigation leaves the driver waiting for it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchApp, temporaryFolder, type AppUnderTest, type TemporaryFolder } from './app-under-test.ts';

let folder: TemporaryFolder;
let session: AppUnderTest;

beforeAll(async () => {
  folder = await temporaryFolder('sandbox');
  session = await launchApp(folder.path, ['--bootstrap=127.9.9.9:9', '--bind=127.0.0.1', '--allow-local-addresses']);
});

afterAll(async () => {
  await session.quit();
  await folder.remove();
});

describe('the sandbox', () => {
  it('gives the page no Node, no new windows, no permissions', async () => {
    const { page } = session;
    const facts = await page.evaluate(async () => ({
      require: typeof (globalThis as Record<string, unknown>)['require'],
      process: typeof (globalThis as Record<string, unknown>)['process'],
      isIsolated: !Object.keys(globalThis).includes('ipcRenderer'),
      opened: window.open('https://example.org/') === null,
      notifications: await Notification.requestPermission(),
      url: location.href,
    }));
    expect(facts).toEqual({
      require: 'undefined',
      process: 'undefined',
      isIsolated: true,
      opened: true,
      notifications: 'denied',
      url: 'app://bundle/index.html',
    });
  });

  it('serves the page with the strict policy, and nothing from outside its folder', async () => {
    const answers = await session.app.evaluate(async ({ net }) => {
      const ask = async (url: string) => {
        const answer = await net.fetch(url);
        return { status: answer.status, policy: answer.headers.get('content-security-policy') ?? '' };
      };
      return {
        page: await ask('app://bundle/index.html'),
        outside: await ask('app://bundle/..%2f..%2fpackage.json'),
        other: await ask('app://elsewhere/index.html'),
      };
    });
    expect(answers.page.status).toBe(200);
    expect(answers.page.policy).toMatch(/default-src 'none'.*script-src 'self'.*require-trusted-types-for 'script'/);
    expect(answers.page.policy).not.toMatch(/unsafe|https?:|\*/);
    expect([answers.outside.status, answers.other.status]).toEqual([404, 404]);
    const preferences = await session.app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      const contents = window!.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> };
      const { sandbox, contextIsolation, nodeIntegration, webSecurity } = contents.getLastWebPreferences();
      return { sandbox, contextIsolation, nodeIntegration, webSecurity };
    });
    expect(preferences).toEqual({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true });
  });

  it('stays where it is', async () => {
    const pageUrl = () =>
      session.app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows().map((window) => window.webContents.getURL()),
      );
    await session.app.evaluate(({ BrowserWindow }) => {
      void BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript("location.href = 'https://example.org/'; 0");
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await pageUrl()).toEqual(['app://bundle/index.html']);
  });
});
