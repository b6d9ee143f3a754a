"""What the papers on the 12-bit task of Shwartz-Ziv and Tishby share."""
