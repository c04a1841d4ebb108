package solution

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What solutions mostly import, so that it lies compiled in the cache.
var (
	_ = bufio.NewReader
	_ = bytes.Equal
	_ = errors.New
	_ = fmt.Sprint
	_ = io.EOF
	_ = math.Pi
	_ = big.NewInt
	_ = rand.Int
	_ = os.Args
	_ = regexp.MustCompile
	_ = sort.Ints
	_ = strconv.Itoa
	_ = strings.Split
	_ sync.Mutex
	_ = time.Now
)
