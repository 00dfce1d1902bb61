//! Starts Debian's Chromium and Firefox for the journeys, headless, each with a profile of its own.

import puppeteer from 'puppeteer-core';

const CHROMIUM_FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--lang=en-GB', '--force-color-profile=srgb'];

/** Firefox can't be told the colour scheme later: 0 is dark, 1 is light. */
const FIREFOX_SCHEME = { dark: 0, light: 1 };

export function launch(kind, scheme) {
  if (kind === 'firefox') {
    return puppeteer.launch({
      browser: 'firefox', protocol: 'webDriverBiDi', executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr', headless: true,
      extraPrefsFirefox: { 'layout.css.prefers-color-scheme.content-override': FIREFOX_SCHEME[scheme], 'intl.accept_languages': 'en-GB' },
      timeout: 60_000, protocolTimeout: 60_000,
    });
  }
  return puppeteer.launch({
    browser: 'chrome', executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
    args: [...CHROMIUM_FLAGS, `--blink-settings=preferredColorScheme=${scheme === 'dark' ? 0 : 1}`],
    timeout: 60_000, protocolTimeout: 60_000,
  });
}
