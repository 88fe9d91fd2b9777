package io.evloop;

import io.evloop.frame.FrameLayout;

/** A handler for each channel that has one of its own, in pages, so that a pipe without any costs nothing. */
final class ChannelHandlers {

    private static final int PAGE_SHIFT = 8;
    private static final int PAGE_LENGTH = 1 << PAGE_SHIFT;
    private static final int PAGE_MASK = PAGE_LENGTH - 1;

    private final FrameHandler[][] pages = new FrameHandler[(FrameLayout.MAX_CHANNEL_ID + 1) >> PAGE_SHIFT][];

    private int count;

    boolean isEmpty() {
        return count == 0;
    }

    /** Sets or, with null, removes one. */
    void set(int channelId, FrameHandler handler) {
        count += (handler == null ? 0 : 1) - (get(channelId) == null ? 0 : 1);
        FrameHandler[] page = pages[channelId >> PAGE_SHIFT];
        if (page == null) {
            page = new FrameHandler[PAGE_LENGTH];
            pages[channelId >> PAGE_SHIFT] = page;
        }
        page[channelId & PAGE_MASK] = handler;
    }

    /** The handler of a channel, or null. */
    FrameHandler get(int channelId) {
        FrameHandler[] page = pages[channelId >> PAGE_SHIFT];
        return page == null ? null : page[channelId & PAGE_MASK];
    }
}
