import starlight from '@astrojs/starlight';
import { defineConfig } from 'astro/config';
import { HOMEPAGE, isPlaceholder } from '../../scripts/project.ts';
import { prepare } from './prepare.ts';

/** The folder that the site is served from, as `/docs`. */
const base = `/${process.env.SITE_BASE ?? ''}`.replaceAll(/\/+/g, '/').replace(/\/$/, '');
const { sidebar } = prepare(base);

export default defineConfig({
  base: base || '/',
  ...(isPlaceholder(HOMEPAGE) ? {} : { site: HOMEPAGE }),
  srcDir: './app',
  publicDir: './.public',
  outDir: './dist',
  cacheDir: './.cache',
  trailingSlash: 'always',
  devToolbar: { enabled: false },
  integrations: [
    starlight({
      title: 'steadfetch',
      description: 'Small composable fetch middlewares that get through servers that fail, throttle or stall.',
      sidebar: sidebar as never,
      favicon: '/favicon.svg',
      customCss: ['./app/site.css'],
      components: {
        SocialIcons: './app/components/HeaderLinks.astro',
        MarkdownContent: './app/components/WeightedContent.astro',
      },
      tableOfContents: { minHeadingLevel: 2, maxHeadingLevel: 3 },
      expressiveCode: {
        defaultProps: { overridesByLang: { sh: { frame: 'code' } } },
        styleOverrides: { codeFontSize: '0.8rem', borderRadius: '0.4rem' },
      },
      pagination: true,
      lastUpdated: false,
      credits: false,
    }),
  ],
});
