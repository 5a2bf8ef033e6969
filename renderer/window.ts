// Starts the window: the controllers are made here, once, and handed down; nothing else is global.
import { mount } from 'svelte';
import App from './App.svelte';
import { connectedApi } from './api.ts';
import { AppController } from './shared/app-controller.svelte.ts';
import { windowClock } from './shared/clock.ts';
import { isRightToLeft } from './shared/language.ts';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
document.documentElement.dir = isRightToLeft ? 'rtl' : 'ltr';

const app = new AppController({ api: connectedApi(), clock: windowClock });
mount(App, { target, props: { app } });
void app.start();
